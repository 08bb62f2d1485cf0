// A failing check: the message and the place on standard error, then exit code 255, all of it WASI's.

const list: i32[] = [1, 2, 3];
console.log(`three: ${list[2]}`);
assert(list.length == 4, "a fourth element was expected");

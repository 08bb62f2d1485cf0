// A failing assertion: prints the message and its location to standard error, and exits with code 255.

const list: i32[] = [1, 2, 3];
console.log(`three: ${list[2]}`);
assert(list.length == 4, "a fourth element was expected");

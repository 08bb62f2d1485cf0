// A program in AssemblyScript, with its own garbage collector and strings (UTF-16 inside, UTF-8 outside), on the
// same functions of preview1 as the other guests.

for (let i = 1; i < process.argv.length; i++) {
  console.log(`${i}: ${process.argv[i]}`);
}
console.log(`PLACE is ${process.env.has("PLACE") ? process.env.get("PLACE") : "unknown"}`);

// Allocate lists, which are collected.
const counts = new Map<string, i32>();
for (let i = 0; i < 100_000; i++) {
  const key = `key ${i % 7}`;
  counts.set(key, counts.has(key) ? counts.get(key) + 1 : 1);
}
console.log(`${counts.size} keys, the first one ${counts.get("key 0")} times`);

// Read standard input, a stream of bytes in pieces of any size.
const piece = new ArrayBuffer(16);
let input = "";
for (let read = process.stdin.read(piece); read > 0; read = process.stdin.read(piece)) {
  input += String.UTF8.decode(piece.slice(0, read));
}
console.log(`read ${input.length} characters: ${input}`);

const before = process.hrtime();
console.log(`clocks: ${Date.now() > 0}, ${process.hrtime() >= before}`);
const bytes = new Uint8Array(32);
crypto.getRandomValues(bytes);
let different = 0;
for (let i = 1; i < bytes.length; i++) different += i32(bytes[i] != bytes[0]);
console.log(`random: ${different > 0}, ${Math.random() < 1}`);

process.stderr.write("leaving\n");
if (process.argv.length > 1) process.exit(7);

// The host `node`: components in Node.js by jco, talked to by lines of JSON (docs/hosts.md).

import { writeSync } from 'node:fs';
import { createInterface } from 'node:readline';

import { Components } from './components.mjs';
import { run } from './run.mjs';

const PROTOCOL = 1;

/** One event to the harness. Synchronous: what was said before a guest is ended has been said. */
function say(event) {
  let bytes = Buffer.from(`${JSON.stringify(event)}\n`);
  while (bytes.length > 0) {
    bytes = bytes.subarray(writeSync(1, bytes));
  }
}

// Whatever a library prints is no part of the protocol.
console.log = console.info = console.debug = console.error;

let components;
for await (const line of createInterface({ input: process.stdin })) {
  const { hello, run: request } = JSON.parse(line);
  if (hello) {
    components = new Components(hello.cache);
    say({ hello: { protocol: PROTOCOL } });
  } else {
    say({ end: { outcome: await run(request, components, say) } });
  }
}
process.exit(0);

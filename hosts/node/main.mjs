// The host `node`: components in Node.js by jco, talked to by lines of JSON (docs/hosts.md).

import { writeSync } from 'node:fs';
import { createInterface } from 'node:readline';

import { Components } from './components.mjs';
import { run } from './run.mjs';

const PROTOCOL = 1;

const PAUSE = new Int32Array(new SharedArrayBuffer(4));

/** One event to the harness. Synchronous: what was said before a guest is ended has been said. */
function say(event) {
  let bytes = Buffer.from(`${JSON.stringify(event)}\n`);
  while (bytes.length > 0) {
    try {
      bytes = bytes.subarray(writeSync(1, bytes));
    } catch (error) {
      if (error.code !== 'EAGAIN') throw error;
      // The harness has not read what came before.
      Atomics.wait(PAUSE, 0, 0, 1);
    }
  }
}

// As many frames as a reader of the harness gets to see.
Error.stackTraceLimit = 100;

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

// Host `node`: runs components in Node.js with jco. The protocol is line-delimited JSON (docs/hosts.md).

import { writeSync } from 'node:fs';
import { createInterface } from 'node:readline';

import { Components } from './components.mjs';
import { run } from './run.mjs';

const PROTOCOL = 1;

const PAUSE = new Int32Array(new SharedArrayBuffer(4));

/** Sends an event to the harness. Synchronous, so that no event is lost when the guest ends. */
function say(event) {
  let bytes = Buffer.from(`${JSON.stringify(event)}\n`);
  while (bytes.length > 0) {
    try {
      bytes = bytes.subarray(writeSync(1, bytes));
    } catch (error) {
      if (error.code !== 'EAGAIN') throw error;
      // The pipe is full: the harness has not read the previous events.
      Atomics.wait(PAUSE, 0, 0, 1);
    }
  }
}

// Same number of frames as in a backtrace of the harness.
Error.stackTraceLimit = 100;

// Output of libraries is not part of the protocol.
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

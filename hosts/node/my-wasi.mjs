// `my-wasi` and `my-cli` (wit/my-wasi), as in the built-in host `my-wasi`. Each call is reported.

import { Exit, Limit } from './outcome.mjs';
import { camel, toJson } from './values.mjs';

/** Maximum number of random bytes per call. */
const MOST_RANDOM = 64 << 20;

const BYTES = { list: 'u8' };
const TEXTS = { list: 'string' };
const PAIRS = { list: { tuple: ['string', 'string'] } };

export function myWasi(guest) {
  const random = guest.random();
  let { input } = guest;
  const define = (instance, functions) =>
    Object.fromEntries(functions.map((each) => [camel(each[0]), recorded(guest, instance, ...each)]));
  return {
    'my-wasi': define('my-wasi', [
      ['print', [BYTES], 'u32', (data) => (guest.write('stdout', data), data.length)],
      ['random-get', ['u32'], BYTES, (size) => {
        if (size > MOST_RANDOM) throw new Limit(`more than ${MOST_RANDOM} random bytes in one call`);
        return random.bytes(size);
      }],
    ]),
    'my-cli': define('my-cli', [
      ['print-error', [BYTES], 'u32', (data) => (guest.write('stderr', data), data.length)],
      ['read', ['u32'], BYTES, (size) => {
        const read = input.subarray(0, size);
        input = input.subarray(read.length);
        return new Uint8Array(read);
      }],
      ['args', [], TEXTS, () => guest.args],
      ['env', [], PAIRS, () => guest.env],
      ['exit', ['u32'], null, (code) => { throw new Exit(code | 0); }],
      ['wall-clock', [], 'u64', () => guest.clock.wall * 1_000_000_000n],
      ['monotonic-clock', [], 'u64', () => guest.clock.now()],
      ['clock-resolution', [], 'u64', () => guest.clock.step],
      ['sleep', ['u64'], null, (duration) => guest.clock.sleep(duration)],
    ]),
  };
}

function recorded(guest, instance, name, parameters, result, act) {
  return (...given) => {
    const call = {
      instance,
      function: name,
      arguments: given.map((argument, index) => toJson(parameters[index], argument)),
    };
    let value;
    try {
      value = act(...given);
    } catch (error) {
      guest.record(call);
      throw error;
    }
    guest.record(result === null ? call : { ...call, result: toJson(result, value) });
    return value;
  };
}

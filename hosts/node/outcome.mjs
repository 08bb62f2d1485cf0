// Conversion of thrown values to outcomes of the protocol.

/** Thrown to end the guest with an exit code. */
export class Exit extends Error {
  constructor(code) {
    super(`exit with code ${code}`);
    this.code = code;
  }
}

/** Thrown when the guest exceeds a limit. */
export class Limit extends Error {}

/** Thrown when a response of the case is a trap. */
export class Trap extends Error {}

/** Trap messages of V8, and the trap codes of the protocol. */
const TRAPS = [
  [/^unreachable$/, 'wasm `unreachable` instruction executed'],
  [/^memory access out of bounds$/, 'out of bounds memory access'],
  [/^table index is out of bounds$/, 'undefined element: out of bounds table access'],
  [/^null function|signature mismatch/, 'indirect call type mismatch'],
  [/^(divide|remainder) by zero$/, 'integer divide by zero'],
  [/^divide result unrepresentable$/, 'integer overflow'],
  [/^float unrepresentable/, 'invalid conversion to integer'],
];

export function outcome(error) {
  if (error instanceof Exit) return { exit: error.code };
  if (error instanceof Limit) return { limit: { limit: 'random', message: error.message } };
  const frames = framesOf(error?.stack ?? '');
  if (error instanceof WebAssembly.RuntimeError) {
    const [, message] = TRAPS.find(([pattern]) => pattern.test(error.message)) ?? [null, error.message];
    return { trap: { message: message.replace(/^wasm trap: /, ''), frames } };
  }
  if (error instanceof RangeError && error.message.startsWith('Maximum call stack')) {
    return { trap: { message: 'call stack exhausted', frames } };
  }
  return { 'host-error': { message: String(error?.message ?? error), frames } };
}

/** Returns the frames of wasm code: `at module.function (wasm://wasm/..:wasm-function[7]:0x1f)`. */
function framesOf(stack) {
  const frames = [];
  for (const line of stack.split('\n')) {
    const found = /^\s*at (?:(.*) \()?wasm:\/\/[^:]*:wasm-function\[(\d+)\]:/.exec(line);
    if (!found) continue;
    const [, name, index] = found;
    const [, module, own] = /^(.*?(?:\.wasm)?)\.((?:_R|_ZN).*|[^.]*)$/.exec(name ?? '') ?? [];
    frames.push(own === undefined ? { function: name ?? `function ${index}` } : { module, function: own });
  }
  return frames;
}

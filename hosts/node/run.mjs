// One run: imports, instantiation, calls and outcome.

import { answers } from './answers.mjs';
import { Clock } from './clock.mjs';
import { myWasi } from './my-wasi.mjs';
import { outcome } from './outcome.mjs';
import { withProposals } from './proposals.mjs';
import { Random } from './random.mjs';
import { camel, fromJson, toJson } from './values.mjs';
import { wasi } from './wasi.mjs';

/** Maximum number of bytes of output per message. */
const PIECE = 1 << 20;

/** Runs a component to its end, and reports its events. */
export async function run(request, components, say) {
  const readOnly = request.preopens.find((preopen) => preopen['read-only']);
  if (readOnly) {
    return { 'not-run': `preview2-shim has no folders to read only: \`${readOnly.name}\`` };
  }
  const refuse = (name) => ({ 'not-run': `V8 ${process.versions.v8} does not support proposal \`${name}\`` });
  return withProposals(request.wasm, () => runWithProposals(request, components, say), refuse);
}

async function runWithProposals(request, components, say) {
  let component;
  try {
    component = await components.load(request.component, request.hash, request.wasm);
  } catch (error) {
    const who = error instanceof WebAssembly.CompileError ? `V8 ${process.versions.v8}` : 'jco';
    return { 'not-run': `${who} rejects the component: ${error?.message ?? error}` };
  }
  const guest = {
    ...request,
    random: () => new Random(request.random),
    clock: new Clock(request.clock),
    input: Buffer.from(request.stdin, 'hex'),
    write: (stream, bytes) => {
      // The length of a line is limited.
      const all = Buffer.from(bytes);
      for (let from = 0; from < all.length; from += PIECE) {
        say({ [stream]: all.subarray(from, from + PIECE).toString('hex') });
      }
    },
    record: (call) => say({ call }),
  };
  const imports = { ...wasi(guest), ...myWasi(guest) };
  answers(guest, imports);
  const missing = component.imports.filter((name) => !(name in imports));
  if (missing.length > 0) {
    return { 'not-run': `the component imports what this host does not have: ${missing.sort().join(', ')}` };
  }
  say('started');
  try {
    const instance = await component.instantiate(imports);
    for (const call of request.calls) {
      say({ returned: { invoke: call.invoke, ...invoke(instance, call) } });
    }
    return 'returned';
  } catch (error) {
    return outcome(error);
  }
}

function invoke(instance, call) {
  const exports = call.instance === null ? instance : instance[call.instance];
  const given = call.arguments.map((value, index) => fromJson(call.parameters[index], value));
  const { result } = call;
  let value;
  try {
    value = exports[camel(call.function)](...given);
  } catch (error) {
    // A function that returns an error result throws its payload. All other thrown values are instances of `Error`.
    if (!result?.result || error instanceof Error) throw error;
    return { value: toJson(result, { tag: 'err', val: error }) };
  }
  if (result === null) return {};
  return { value: toJson(result, result.result ? { tag: 'ok', val: value } : value) };
}

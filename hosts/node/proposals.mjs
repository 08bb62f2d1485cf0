// Proposals of core WebAssembly that a case enables: flags of V8. A proposal that V8 lacks even so is refused.

import { setFlagsFromString } from 'node:v8';

/** For each proposal: the flags of V8 that enable it, in any release, and the sections of a module that needs it. */
const PROPOSALS = {
  'compact-imports': [['compact-imports'], '010401600000 020e01016d007f020166000001670000'],
  'custom-page-sizes': [['custom-page-sizes'], '050401080100'],
  exceptions: [['exnref'], '010401600000 03020100 0a08010600 1f40000b0b'],
  'extended-const': [['extended-const'], '0609017f00410141016a0b'],
  'function-references': [['typed-funcref'], '0109026000006001640000'],
  gc: [['gc', 'typed-funcref'], '0103015f00'],
  memory64: [['memory64'], '0503010401'],
  'multi-memory': [['multi-memory'], '05050200010001'],
  'reference-types': [['reftypes'], '040702700001700001'],
  'relaxed-simd': [['relaxed-simd'], '01060160017b017b 03020100 0a090107002000fd81020b'],
  'shared-everything-threads': [['shared'], '0606017f0241000b'],
  'stack-switching': [['wasmfx', 'gc'], '0106026000005d00'],
  'tail-call': [['return-call'], '010401600000 03020100 0a0601040012000b'],
  threads: [['threads'], '010401600000 03020100 0503010001 0a0b0109004100fe1002001a0b'],
  'wide-arithmetic': [['wide-arithmetic'], '0108016002 7e7e027e7e 03020100 0a0a010800200020 01fc160b'],
};

const MAGIC = '0061736d01000000';

/** Runs `act` with proposals enabled, or `refuse` with the first proposal that V8 does not implement. */
export async function withProposals(names, act, refuse) {
  const flags = names.filter((name) => !isEnabled(name)).flatMap((name) => PROPOSALS[name]?.[0] ?? []);
  set(flags, 'experimental-wasm');
  try {
    const missing = names.find((name) => !isEnabled(name));
    return missing === undefined ? await act() : refuse(missing);
  } finally {
    // Other cases run in this process, too.
    set(flags, 'no-experimental-wasm');
  }
}

function set(flags, prefix) {
  for (const flag of flags) setFlagsFromString(`--${prefix}-${flag}`);
}

function isEnabled(name) {
  const sections = PROPOSALS[name]?.[1];
  return sections !== undefined && WebAssembly.validate(Buffer.from(MAGIC + sections.replaceAll(' ', ''), 'hex'));
}

// Mocks of imports, as specified in a case.

import { Trap } from './outcome.mjs';
import { camel, fromJson, toJson } from './values.mjs';

/** Replaces each mocked import with a function that returns the responses of the case. */
export function answers(guest, imports) {
  for (const answer of guest.answers) {
    const { instance } = answer;
    // Interfaces are keyed by name without version. A function of the world's root is the only item of its module.
    const module = instance === null ? answer.function : instance.split('@')[0];
    const name = instance === null ? 'default' : camel(answer.function);
    imports[module] = { ...imports[module], [name]: respond(guest, answer) };
  }
}

function respond(guest, answer) {
  let calls = 0;
  return (...given) => {
    calls += 1;
    const traps = answer['trap-at'] !== null && calls >= answer['trap-at'];
    const value = answer.returns[Math.min(calls, answer.returns.length) - 1];
    guest.record({
      instance: answer.instance,
      function: answer.function,
      arguments: given.map((argument, index) => toJson(answer.parameters[index], argument)),
      ...(traps || answer.result === null ? {} : { result: value }),
    });
    if (answer.print !== null) guest.write('stdout', answer.print);
    if (traps) throw new Trap(`trap by \`trap-at\`, in call ${calls} of \`${answer.instance}.${answer.function}\``);
    if (answer.result === null) return undefined;
    const result = fromJson(answer.result, value);
    if (answer.result.result === undefined) return result;
    if (result.tag === 'err') throw result.val;
    return result.val;
  };
}

// WASI 0.2 on preview2-shim: files in the directories of the run; private streams, clocks and random bytes; no network.

import { io } from '@bytecodealliance/preview2-shim';
import { WASIShim } from '@bytecodealliance/preview2-shim/instantiation';

import { Exit } from './outcome.mjs';

const dispose = Symbol.dispose ?? Symbol.for('dispose');

/** Maximum number of bytes per write to a stream. */
const MOST_WRITTEN = 1n << 20n;

export function wasi(guest) {
  const { cli, clocks, random, poll } = parts(guest);
  const shim = new WASIShim({
    sandbox: {
      preopens: Object.fromEntries(guest.preopens.map(({ name, folder }) => [name, folder])),
      enableNetwork: false,
    },
    cli,
    clocks,
    random,
    io: { ...io, poll },
  });
  return shim.getImportObject();
}

function parts(guest) {
  const random = guest.random();
  const insecure = guest.random();
  const seed = guest.random();
  const insecureSeed = [seed.u64(), seed.u64()];
  return {
    cli: {
      environment: {
        getEnvironment: () => guest.env,
        getArguments: () => guest.args,
        initialCwd: () => undefined,
      },
      exit: {
        exit: (status) => { throw new Exit(status.tag === 'err' ? 1 : 0); },
        exitWithCode: (code) => { throw new Exit(code); },
      },
      stdin: { getStdin: () => new Input(guest.input) },
      stdout: { getStdout: () => new Output((bytes) => guest.write('stdout', bytes)) },
      stderr: { getStderr: () => new Output((bytes) => guest.write('stderr', bytes)) },
      terminalInput: { TerminalInput: class {} },
      terminalOutput: { TerminalOutput: class {} },
      terminalStdin: { getTerminalStdin: () => undefined },
      terminalStdout: { getTerminalStdout: () => undefined },
      terminalStderr: { getTerminalStderr: () => undefined },
    },
    clocks: {
      wallClock: {
        now: () => ({ seconds: guest.clock.wall, nanoseconds: 0 }),
        resolution: () => ({ seconds: 0n, nanoseconds: Number(guest.clock.step) }),
      },
      monotonicClock: {
        now: () => guest.clock.now(),
        resolution: () => guest.clock.step,
        subscribeInstant: (when) => new Alarm(guest.clock, when),
        subscribeDuration: (duration) => new Alarm(guest.clock, guest.clock.now() + duration),
      },
    },
    random: {
      random: { getRandomBytes: (length) => random.bytes(Number(length)), getRandomU64: () => random.u64() },
      insecure: {
        getInsecureRandomBytes: (length) => insecure.bytes(Number(length)),
        getInsecureRandomU64: () => insecure.u64(),
      },
      insecureSeed: { insecureSeed: () => insecureSeed },
    },
    poll: { Pollable: io.poll.Pollable, poll: (list) => pollAll(guest.clock, list) },
  };
}

/** A standard output stream. jco checks the class, so it must be one of the shim's. */
class Output extends io.streams.OutputStream {
  #write;

  constructor(write) {
    super();
    this.#write = write;
  }

  checkWrite() { return MOST_WRITTEN; }
  write(bytes) { this.#write(bytes); }
  blockingWriteAndFlush(bytes) { this.#write(bytes); }
  flush() {}
  blockingFlush() {}
  writeZeroes(length) { this.#write(new Uint8Array(Number(length))); }
  blockingWriteZeroesAndFlush(length) { this.writeZeroes(length); }
  subscribe() { return new Ready(); }
  [dispose]() {}
}

/** Standard input. */
class Input extends io.streams.InputStream {
  #left;

  constructor(bytes) {
    super();
    this.#left = bytes;
  }

  read(length) {
    if (this.#left.length === 0) throw { tag: 'closed' };
    const read = this.#left.subarray(0, Number(length < 0xffff_ffffn ? length : 0xffff_ffffn));
    this.#left = this.#left.subarray(read.length);
    return new Uint8Array(read);
  }

  blockingRead(length) { return this.read(length); }
  skip(length) { return BigInt(this.read(length).length); }
  blockingSkip(length) { return this.skip(length); }
  subscribe() { return new Ready(); }
  [dispose]() {}
}

/** A pollable that is always ready. */
class Ready extends io.poll.Pollable {
  ready() { return true; }
  block() {}
  [dispose]() {}
}

/** A timer. Becomes ready when only later timers are left to wait for, by advancing the virtual clock. */
class Alarm extends io.poll.Pollable {
  constructor(clock, when) {
    super();
    this.clock = clock;
    this.when = when;
  }

  ready() { return this.clock.isPast(this.when); }
  block() { this.clock.sleepUntil(this.when); }
  [dispose]() {}
}

function pollAll(clock, list) {
  if (list.length === 0) throw new Error('empty poll list');
  const where = (wanted) => Uint32Array.from(list.keys()).filter((index) => wanted(list[index]));
  const ready = where((pollable) => !(pollable instanceof Alarm) && pollable.ready());
  const alarms = list.filter((pollable) => pollable instanceof Alarm);
  if (ready.length > 0 || alarms.length === 0) {
    return ready.length > 0 ? ready : io.poll.poll(list);
  }
  // In list order, as in the built-in hosts: an entry becomes ready if no timer still in `waiting` is earlier.
  const waiting = alarms.map(({ when }) => when);
  return where(({ when }) => {
    if (when === undefined || waiting.some((other) => other < when)) return false;
    waiting.splice(waiting.indexOf(when), 1);
    clock.sleepUntil(when);
    return true;
  });
}

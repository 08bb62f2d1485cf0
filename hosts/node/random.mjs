// Random bytes: the ChaCha8 stream for the key from the harness, or the random bytes of the system.

import { randomBytes } from 'node:crypto';

const CONSTANTS = [0x61707865, 0x3320646e, 0x79622d32, 0x6b206574];
const ROUNDS = 8;

export class Random {
  #key;
  #block = 0n;
  #bytes = new Uint8Array(0);

  constructor(source) {
    if (source === 'system') return;
    const key = Buffer.from(source.chacha8, 'hex');
    this.#key = Array.from({ length: 8 }, (_, word) => key.readUInt32LE(4 * word));
  }

  /** Returns the next bytes of the stream, which does not depend on the size of the requests. */
  bytes(length) {
    if (!this.#key) return new Uint8Array(randomBytes(length));
    const bytes = new Uint8Array(length);
    for (let filled = 0; filled < length; ) {
      if (this.#bytes.length === 0) this.#bytes = this.#next();
      const piece = this.#bytes.subarray(0, length - filled);
      bytes.set(piece, filled);
      filled += piece.length;
      this.#bytes = this.#bytes.subarray(piece.length);
    }
    return bytes;
  }

  u64() {
    return new DataView(this.bytes(8).buffer).getBigUint64(0, true);
  }

  #next() {
    const counter = [Number(this.#block & 0xffffffffn), Number(this.#block >> 32n)];
    const start = Uint32Array.from([...CONSTANTS, ...this.#key, ...counter, 0, 0]);
    const words = start.slice();
    for (let round = 0; round < ROUNDS; round += 2) {
      for (let i = 0; i < 4; i += 1) quarter(words, i, 4 + i, 8 + i, 12 + i);
      for (let i = 0; i < 4; i += 1) quarter(words, i, 4 + ((i + 1) % 4), 8 + ((i + 2) % 4), 12 + ((i + 3) % 4));
    }
    this.#block += 1n;
    const block = new DataView(new ArrayBuffer(64));
    words.forEach((word, index) => block.setUint32(4 * index, word + start[index], true));
    return new Uint8Array(block.buffer);
  }
}

function quarter(words, a, b, c, d) {
  const step = (x, y, z, bits) => {
    words[x] += words[y];
    const mixed = words[z] ^ words[x];
    words[z] = (mixed << bits) | (mixed >>> (32 - bits));
  };
  step(a, b, d, 16);
  step(c, d, b, 12);
  step(a, b, d, 8);
  step(c, d, b, 7);
}

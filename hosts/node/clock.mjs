// Clocks that show the same times in every run: sleeping moves them and takes no time.

export class Clock {
  #now = 0n;

  constructor({ wall, step }) {
    this.wall = BigInt(wall);
    this.step = BigInt(step);
  }

  /** Nanoseconds of the monotonic clock. Reading takes a step. */
  now() {
    const now = this.#now;
    this.#now += this.step;
    return now;
  }

  /** Whether it shows that instant, or a later one. */
  isPast(instant) {
    return this.#now >= instant;
  }

  sleepUntil(instant) {
    if (instant > this.#now) this.#now = instant;
  }

  sleep(duration) {
    this.sleepUntil(this.#now + duration);
  }
}

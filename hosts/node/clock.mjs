// Virtual clocks, identical in every run: sleeping advances them and takes no real time.

export class Clock {
  #now = 0n;

  constructor({ wall, step }) {
    this.wall = BigInt(wall);
    this.step = BigInt(step);
  }

  /** Time of the monotonic clock in nanoseconds. Each read advances the clock. */
  now() {
    const now = this.#now;
    this.#now += this.step;
    return now;
  }

  /** Returns true if the clock has reached that instant. */
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

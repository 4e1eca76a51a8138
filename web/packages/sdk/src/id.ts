let lastMs = 0;
let sequence = 0;

/**
 * A UUIDv7 (RFC 9562, section 5.7): sorts by time of making, and within one millisecond by order of making.
 * When 4096 are made in one millisecond, or the clock goes back, the stamp runs ahead of the clock instead.
 */
export function uuidv7(now: number = Date.now()): string {
  sequence = now > lastMs ? 0 : (sequence + 1) & 0xfff;
  lastMs = Math.max(now, sequence === 0 && now <= lastMs ? lastMs + 1 : lastMs);
  const random = crypto.getRandomValues(new Uint8Array(8));
  random[0] = ((random[0] ?? 0) & 0x3f) | 0x80;
  const tail = hex(random);
  const stamp = lastMs.toString(16).padStart(12, '0');
  const version = `7${sequence.toString(16).padStart(3, '0')}`;
  return `${stamp.slice(0, 8)}-${stamp.slice(8)}-${version}-${tail.slice(0, 4)}-${tail.slice(4)}`;
}

const hex = (bytes: Uint8Array) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');

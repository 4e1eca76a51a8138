/**
 * Whether one more is admitted, each time it is asked: at a sustained rate, and ten seconds' worth at once. What no person
 * can cause, such as tracking in a loop of rendering, stops here.
 *
 * @param perSecond Sustained rate; infinite for no limit. [1/s]
 */
export function limiter(perSecond: number, now: () => number): () => boolean {
  const most = perSecond * 10;
  let left = most;
  let at = now();
  return () => {
    const passed = Math.max(0, now() - at) / 1000;
    at += passed * 1000;
    left = Math.min(most, left + (passed && passed * perSecond));
    return left >= 1 && left-- > 0;
  };
}

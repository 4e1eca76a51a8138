import { useEffect, useState } from 'react';

/**
 * A ref for an element that calls back when it comes into sight.
 *
 * @param round Look again when it changes, for the element may have stayed in sight.
 */
export function useSeen(callback: () => void, round: number): (element: Element | null) => void {
  const [element, setElement] = useState<Element | null>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: a round is a reason to look again
  useEffect(() => {
    if (!element || typeof IntersectionObserver === 'undefined') return;
    const observer = new IntersectionObserver((seen) => {
      if (seen.some((one) => one.isIntersecting)) callback();
    });
    observer.observe(element);
    return () => observer.disconnect();
  }, [element, callback, round]);
  return setElement;
}

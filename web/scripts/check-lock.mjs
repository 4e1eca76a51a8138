// npm writes incomplete lock files where a platform's package was missing at the time; `npm ci` refuses them elsewhere.
import { readFileSync } from 'node:fs';

const text = readFileSync(new URL('../package-lock.json', import.meta.url), 'utf8');
const locked = JSON.parse(text).packages;

function resolves(from, name) {
  for (let at = from; ; at = at.slice(0, Math.max(0, at.lastIndexOf('/node_modules/')))) {
    if (locked[`${at ? `${at}/` : ''}node_modules/${name}`]) return true;
    if (!at) return false;
  }
}

const wrong = Object.entries(locked).flatMap(([from, { optionalDependencies = {} }]) =>
  Object.keys(optionalDependencies)
    .filter((name) => !resolves(from, name))
    .map((name) => `${name}, optional for ${from || 'the workspace'}, is not in the lock file`),
);
const hosted = Object.values(locked).some(({ resolved = '' }) => resolved.includes('://'));
if (hosted) wrong.push('the lock file names a download host');
for (const line of wrong) console.error(line);
process.exit(wrong.length ? 1 : 0);

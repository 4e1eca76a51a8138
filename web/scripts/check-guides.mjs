// Compiles every TypeScript block of the guides against the built packages, each block as a module of its own.
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const folder = `${root}.guides`;
const GUIDES = ['sdk.md', 'react.md'];

/** The blocks of a guide; as many empty lines before each make the compiler speak of the guide's lines. */
function blocks(guide) {
  const text = readFileSync(`${root}../docs/${guide}`, 'utf8');
  return [...text.matchAll(/^```(tsx?)\n(.*?)^```$/gms)].map(({ 1: kind, 2: code, index }, at) => {
    const above = '\n'.repeat(text.slice(0, index).split('\n').length);
    return { name: `${guide.replace('.md', '')}-${at + 1}.${kind}`, code: `${above}${code}\nexport {};\n` };
  });
}

rmSync(folder, { recursive: true, force: true });
mkdirSync(folder);
const found = GUIDES.flatMap(blocks);
for (const { name, code } of found) writeFileSync(`${folder}/${name}`, code);
const options = {
  jsx: 'react-jsx',
  lib: ['ES2023', 'DOM', 'DOM.Iterable', 'DOM.AsyncIterable'],
  types: ['node'],
  strict: true,
  noUnusedLocals: false,
};
writeFileSync(
  `${folder}/tsconfig.json`,
  JSON.stringify({ extends: '../tsconfig.base.json', compilerOptions: options, include: ['*.ts', '*.tsx'] }),
);
try {
  execFileSync(`${root}node_modules/.bin/tsc`, ['-p', folder, '--noEmit'], { stdio: 'inherit', cwd: folder });
  console.log(`${found.length} blocks of ${GUIDES.join(' and ')} compile`);
  rmSync(folder, { recursive: true });
} catch {
  process.exit(1);
}

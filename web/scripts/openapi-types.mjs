// The part of the API's description that the SDK speaks, as TypeScript.
import openapiTS, { astToString } from 'openapi-typescript';

const SPOKEN = { '/api/v1/events': ['get', 'post'], '/api/v1/metrics/summary': ['get'] };
const REFERENCE = '#/components/schemas/';

function referred(value, found = []) {
  if (Array.isArray(value)) for (const one of value) referred(one, found);
  else if (value && typeof value === 'object')
    for (const [name, inner] of Object.entries(value)) {
      if (name === '$ref' && inner.startsWith(REFERENCE)) found.push(inner.slice(REFERENCE.length));
      else referred(inner, found);
    }
  return found;
}

function needed(all, from) {
  const names = new Set();
  const open = referred(from);
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    if (names.has(name)) continue;
    names.add(name);
    open.push(...referred(all[name]));
  }
  return Object.fromEntries([...names].sort().map((name) => [name, all[name]]));
}

const onlyJson = (operation) => ({
  ...operation,
  responses: Object.fromEntries(
    Object.entries(operation.responses)
      .filter(([status]) => status === '200')
      .map(([status, { description, content }]) => [
        status,
        { description, content: { 'application/json': content['application/json'] } },
      ]),
  ),
});

/** The text of `packages/sdk/src/openapi.ts` for an OpenAPI document. */
export async function openapiTypes(document) {
  const paths = Object.fromEntries(
    Object.entries(SPOKEN).map(([path, methods]) => [
      path,
      Object.fromEntries(methods.map((method) => [method, onlyJson(document.paths[path][method])])),
    ]),
  );
  const schemas = document.components.schemas;
  const problem = { Problem: { $ref: `${REFERENCE}Problem` } };
  const components = { schemas: needed(schemas, [paths, problem]) };
  const { openapi, info } = document;
  const nodes = await openapiTS({ openapi, info, paths, components }, { alphabetize: true, defaultNonNullable: false });
  return `// Made from the API's OpenAPI document by \`npm run generate\`; do not edit.\n\n${astToString(nodes)}`;
}

export const TARGET = new URL('../packages/sdk/src/openapi.ts', import.meta.url);

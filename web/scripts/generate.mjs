// Writes the types of the SDK from what the API says of itself.
import { writeFile } from 'node:fs/promises';
import { startApi } from '../contract/api.mjs';
import { openapiTypes, TARGET } from './openapi-types.mjs';

const api = await startApi();
try {
  const document = await (await fetch(`${api.baseUrl}/openapi.json`)).json();
  await writeFile(TARGET, await openapiTypes(document));
} finally {
  await api.stop();
}

import openApiTypes, { astToString } from 'openapi-typescript';

/** TypeScript of the types of an OpenAPI document. Here because its generator needs a TypeScript of its own, which this package has. */
export async function apiTypes(document: string): Promise<string> {
  return astToString(await openApiTypes(document));
}

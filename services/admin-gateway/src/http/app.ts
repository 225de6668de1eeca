import type { RequestListener } from 'node:http';
import express, { type ErrorRequestHandler, type Express, type RequestHandler } from 'express';
import { API_BASE, checkRoutes, expressPath } from '../contract/registry.ts';
import type { Route } from '../contract/route.ts';
import { FastPath } from './fast-path.ts';
import { Problem } from './problem.ts';
import { requestIds } from './request-ids.ts';
import { knownProblem, sendProblem } from './respond.ts';
import { serve, type ServeOptions } from './serve.ts';

export interface AppOptions extends ServeOptions {
  routes: readonly Route[];
  /** Adds what lies outside /api/v1. */
  outside: (app: Express) => void;
}

const problem =
  (make: (path: string) => Problem): RequestHandler =>
  (request, response) =>
    sendProblem(response, make(request.path), requestIds(request.headers).requestId);

/** The routes' own path, and behind it a lean Express for all else: its router and nothing more on the way (no etag, query parser, body-parser or res.json). */
export function createApp(options: AppOptions): RequestListener {
  const fast = new FastPath();
  const app = express();
  app.disable('x-powered-by').disable('etag').set('query parser', false).enable('case sensitive routing').enable('strict routing');
  for (const [path, routes] of Map.groupBy(checkRoutes(options.routes), ({ path: its }) => its)) {
    const allow = routes.map(({ method }) => method).join(', ');
    const notAllowed = problem(() => new Problem('method_not_allowed', { headers: { allow } }));
    for (const route of routes) {
      const handler = serve(route, options);
      // Express would answer HEAD by GET: what goes on would run, for nobody.
      if (route.eventStream === true || route.ndjson === true) app.head(expressPath(path), notAllowed);
      fast.add(route.method, API_BASE + path, handler);
      app[route.method.toLowerCase() as 'get' | 'post' | 'patch' | 'delete'](expressPath(path), (request, response) =>
        handler(request, response, request.params as Record<string, string>),
      );
    }
    // Before the next path: one with a parameter may fit the same address, and have the method.
    app.all(expressPath(path), notAllowed);
  }
  options.outside(app);
  app.use(problem(() => new Problem('not_found', { detail: 'There is no such route' })));
  const onError: ErrorRequestHandler = (error: unknown, request, response, _next) => {
    const ids = requestIds(request.headers);
    const known = knownProblem(error);
    if (known === null) options.log.error({ err: error, requestId: ids.requestId }, 'a request failed');
    sendProblem(response, known ?? new Problem('internal'), ids.requestId);
  };
  app.use(onError);
  return fast.listener(app);
}

import { Server, type ServerCredentials, type ServiceDefinition, type UntypedServiceImplementation } from '@grpc/grpc-js';
import { HealthImplementation } from 'grpc-health-check';
import type { Health } from '../health/index.ts';

export interface GrpcServer {
  port: number;
  /** Refuses new calls, waits for the running ones up to the given time, then cuts them. */
  stop(drainMs: number): Promise<void>;
}

const MESSAGE_BYTES_MAX = 16 * 1024 * 1024;
const HEALTH_INTERVAL_MS = 1_000;

/** A gRPC server with the standard health service (fed from Health). Reflection needs the descriptor set and is for development. */
export async function startGrpcServer(options: {
  host: string;
  port: number;
  credentials: ServerCredentials;
  services: readonly { definition: ServiceDefinition; implementation: UntypedServiceImplementation; name: string }[];
  health: Health;
  /** Adds gRPC reflection. */
  reflection?: (server: Server) => void;
}): Promise<GrpcServer> {
  const server = new Server({
    'grpc.max_receive_message_length': MESSAGE_BYTES_MAX,
    'grpc.max_send_message_length': MESSAGE_BYTES_MAX,
    'grpc.keepalive_time_ms': 10_000,
    'grpc.keepalive_timeout_ms': 5_000,
    'grpc.keepalive_permit_without_calls': 1,
  });
  for (const service of options.services) server.addService(service.definition, service.implementation);
  const healthService = new HealthImplementation({ '': 'NOT_SERVING' });
  healthService.addToServer(server);
  options.reflection?.(server);
  const timer = setInterval(() => healthService.setStatus('', options.health.ready ? 'SERVING' : 'NOT_SERVING'), HEALTH_INTERVAL_MS);
  timer.unref();
  healthService.setStatus('', options.health.ready ? 'SERVING' : 'NOT_SERVING');
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync(`${options.host}:${options.port}`, options.credentials, (error, bound) =>
      error === null ? resolve(bound) : reject(error),
    );
  });
  return {
    port,
    stop: (drainMs) =>
      new Promise((resolve) => {
        clearInterval(timer);
        healthService.setStatus('', 'NOT_SERVING');
        const force = setTimeout(() => server.forceShutdown(), drainMs);
        server.tryShutdown(() => {
          clearTimeout(force);
          resolve();
        });
      }),
  };
}

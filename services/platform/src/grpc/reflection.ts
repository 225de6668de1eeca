import type { Server } from '@grpc/grpc-js';

/** gRPC reflection for tools such as grpcurl: for development, it tells anybody who may connect what there is. Loaded only when it is asked for. */
export async function reflectionOf(protoFile: string, includeDirs: string[]): Promise<(server: Server) => void> {
  const [{ loadSync }, { ReflectionService }] = await Promise.all([import('@grpc/proto-loader'), import('@grpc/reflection')]);
  const reflection = new ReflectionService(loadSync(protoFile, { includeDirs, keepCase: true }));
  return (server) => reflection.addToServer(server);
}

"""Starts the gRPC server of a worker."""

from typing import Any

import grpc
from tensorflow_serving.apis import model_service_pb2_grpc, prediction_service_pb2_grpc

from serving.grpc.messages import ReadableInterceptor
from serving.grpc.service import Services
from serving.settings import ServerSettings


async def start_grpc(
    settings: ServerSettings, services: Services, credentials: Any, interceptors: Any
) -> grpc.aio.Server:
    """Starts to answer at the settings' gRPC port, which the workers of a server share."""
    server = grpc.aio.server(
        interceptors=[*interceptors, ReadableInterceptor()],  # last: it keeps what is behind it
        options=[
            ("grpc.so_reuseport", 1),
            ("grpc.max_receive_message_length", settings.max_body_bytes),
            ("grpc.max_send_message_length", -1),
            # A client that is gone without a word is found out.
            ("grpc.keepalive_time_ms", 60_000),
            ("grpc.keepalive_timeout_ms", 10_000),
        ],
        maximum_concurrent_rpcs=settings.max_queue,
    )
    prediction_service_pb2_grpc.add_PredictionServiceServicer_to_server(services, server)
    model_service_pb2_grpc.add_ModelServiceServicer_to_server(services, server)
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    address = f"{host}:{settings.grpc_port}"
    if credentials:
        server.add_secure_port(address, credentials)
    else:
        server.add_insecure_port(address)
    await server.start()
    return server

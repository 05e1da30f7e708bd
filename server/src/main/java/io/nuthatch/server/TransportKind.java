package io.nuthatch.server;

import io.netty.channel.IoHandlerFactory;
import io.netty.channel.ServerChannel;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.channel.uring.IoUring;
import io.netty.channel.uring.IoUringIoHandler;
import io.netty.channel.uring.IoUringServerSocketChannel;

/// How sockets are driven. On Linux epoll is the fastest measured; io_uring is within noise of it and often
/// forbidden in containers; NIO works everywhere.
public enum TransportKind {
    /// The first of epoll and NIO that works here.
    AUTO,
    EPOLL,
    IO_URING,
    NIO;

    /// The kind that is used where this one is asked for: one that is not there gives way to NIO.
    public TransportKind resolved() {
        return switch (this) {
            case AUTO, EPOLL -> Epoll.isAvailable() ? EPOLL : NIO;
            case IO_URING -> IoUring.isAvailable() ? IO_URING : Epoll.isAvailable() ? EPOLL : NIO;
            case NIO -> NIO;
        };
    }

    IoHandlerFactory ioHandler() {
        return switch (resolved()) {
            case EPOLL -> EpollIoHandler.newFactory();
            case IO_URING -> IoUringIoHandler.newFactory();
            default -> NioIoHandler.newFactory();
        };
    }

    Class<? extends ServerChannel> serverChannel() {
        return switch (resolved()) {
            case EPOLL -> EpollServerSocketChannel.class;
            case IO_URING -> IoUringServerSocketChannel.class;
            default -> NioServerSocketChannel.class;
        };
    }
}

package io.nuthatch.server;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import java.net.BindException;
import java.net.Inet6Address;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/// The sockets that the server listens on, one per address of `bind`. Clients that are connected stay when
/// their listener goes.
///
/// Threads: one at a time moves them, and none of the bootstrap's own threads, which it waits for.
final class Listeners {
    /// An open listener and the address that was asked for, whose port may be 0.
    private record Listener(InetSocketAddress asked, Channel channel) {
        InetSocketAddress address() {
            return (InetSocketAddress) channel.localAddress();
        }

        void close() {
            channel.close().syncUninterruptibly();
        }
    }

    private final ServerBootstrap bootstrap;
    private volatile List<Listener> open = List.of();
    private volatile List<String> bind = List.of();

    Listeners(ServerBootstrap bootstrap) {
        this.bootstrap = bootstrap;
    }

    /// Listens on every address of `addresses` at `port` (0 picks a free one, the same for all) and on
    /// nothing else. An address with a minus before it may be missing on this machine. What was open and
    /// stays is not touched, and new listeners open before old ones close, unless they stand in their way.
    ///
    /// Throws [BindException] when an address cannot be had; then everything is as it was.
    void listen(List<String> addresses, int port) throws BindException {
        List<Listener> leaving = new ArrayList<>(open);
        List<Listener> next = new ArrayList<>();
        List<Listener> opened = new ArrayList<>();
        List<Listener> closed = new ArrayList<>();
        int common = port;
        try {
            for (String word : addresses) {
                boolean isOptional = word.startsWith("-");
                InetSocketAddress asked = address(isOptional ? word.substring(1) : word, common);
                Listener kept = leaving.stream()
                        .filter(listener -> listener.address().equals(asked))
                        .findFirst()
                        .orElse(null);
                if (kept != null) {
                    leaving.remove(kept);
                    next.add(kept);
                    continue;
                }
                ChannelFuture bound = bootstrap.bind(asked).awaitUninterruptibly();
                if (!bound.isSuccess() && isTaken(bound.cause()) && !leaving.isEmpty()) {
                    leaving.forEach(Listener::close); // Perhaps by ourselves: `*` and `127.0.0.1` exclude each other.
                    closed.addAll(leaving);
                    leaving.clear();
                    bound = bootstrap.bind(asked).awaitUninterruptibly();
                }
                if (bound.isSuccess()) {
                    Listener listener = new Listener(asked, bound.channel());
                    opened.add(listener);
                    next.add(listener);
                    common = listener.address().getPort();
                } else if (!isOptional || isTaken(bound.cause())) {
                    throw new BindException(asked + ": " + bound.cause().getMessage());
                }
            }
            if (next.isEmpty()) {
                throw new BindException("none of these addresses is on this machine");
            }
        } catch (BindException refused) {
            opened.forEach(Listener::close);
            List<Listener> back = new ArrayList<>(open);
            back.removeAll(closed);
            for (Listener listener : closed) {
                ChannelFuture bound = bootstrap.bind(listener.address()).awaitUninterruptibly();
                if (bound.isSuccess()) {
                    back.add(new Listener(listener.asked(), bound.channel()));
                }
            }
            open = List.copyOf(back);
            throw refused;
        }
        leaving.forEach(Listener::close);
        open = List.copyOf(next);
        bind = List.copyOf(addresses);
    }

    /// The addresses that were asked for last.
    List<String> bind() {
        return bind;
    }

    /// The port of all listeners.
    int port() {
        return open.get(0).address().getPort();
    }

    void close() {
        open.forEach(Listener::close);
    }

    /// What they listen on, as `127.0.0.1:6379, [::1]:6379`.
    @Override
    public String toString() {
        return open.stream()
                .map(Listener::address)
                .map(address -> address.getAddress() instanceof Inet6Address inet
                        ? "[" + inet.getHostAddress().replaceFirst("^0(:0)+:", "::") + "]:" + address.getPort()
                        : address.getHostString() + ":" + address.getPort())
                .collect(Collectors.joining(", "));
    }

    /// `*` is every IPv4 address, `::*` every IPv6 one, as Redis has them.
    static InetSocketAddress address(String name, int port) {
        return new InetSocketAddress(
                switch (name) {
                    case "*" -> "0.0.0.0";
                    case "::*" -> "::";
                    default -> name;
                },
                port);
    }

    /// Whether the address is there and only its port is not free: that is never optional.
    private static boolean isTaken(Throwable failure) {
        return String.valueOf(failure.getMessage()).contains("in use");
    }
}

package io.nuthatch.server;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.socket.DuplexChannel;
import io.netty.util.ReferenceCountUtil;
import java.util.concurrent.TimeUnit;

/// Closes a connection behind an error in such a way that the client can read the error.
///
/// Closing a socket whose input is not read through answers the client with a reset, which throws away
/// whatever it has not read yet. So our side of the connection ends first; then what the client still sends
/// is read and dropped until it closes its side too, for [#MOST_SECONDS] and [#MOST_BYTES] at most.
final class LingeringClose extends ChannelInboundHandlerAdapter {
    private static final int MOST_SECONDS = 5;
    private static final long MOST_BYTES = 128 << 20; // Room for the largest mistakes that were seen: 100 MB.

    private long bytes;

    private LingeringClose() {}

    /// Begins to close; everything was written and flushed. On the channel's event loop.
    static void begin(Channel channel) {
        if (!(channel instanceof DuplexChannel duplex) || !channel.isActive()) {
            channel.close();
            return;
        }
        channel.pipeline().addFirst(new LingeringClose());
        duplex.shutdownOutput();
        channel.config().setAutoRead(true);
        channel.eventLoop().schedule(() -> channel.close(), MOST_SECONDS, TimeUnit.SECONDS);
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        bytes += ((ByteBuf) message).readableBytes();
        ReferenceCountUtil.release(message);
        if (bytes > MOST_BYTES) {
            context.close();
        }
    }
}

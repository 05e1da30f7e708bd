package io.nuthatch.commands.admin;

import io.nuthatch.commands.CommandException;
import io.nuthatch.resp.Args;
import io.nuthatch.resp.ReplyWriter;
import java.util.Locale;

/// `DEBUG PROTOCOL type`: one value of each type of RESP, the ones with which Redis's clients test their
/// parsers.
final class DebugProtocol {
    private DebugProtocol() {}

    static void write(Args args, ReplyWriter reply) {
        switch (args.text(2).toLowerCase(Locale.ROOT)) {
            case "string" -> reply.bulk("Hello World");
            case "integer" -> reply.integer(12_345);
            case "double" -> reply.doubleValue(3.141);
            case "null" -> reply.nullValue();
            case "array" -> {
                reply.array(3);
                numbers(reply);
            }
            case "set" -> {
                reply.set(3);
                numbers(reply);
            }
            case "map" -> {
                reply.map(3);
                for (int i = 0; i < 3; i++) {
                    reply.integer(i);
                    reply.bool(i == 1);
                }
            }
            case "attrib" -> {
                if (reply.isResp3()) {
                    reply.attributes(1);
                    reply.bulk("key-popularity");
                    reply.array(2);
                    reply.bulk("key:123");
                    reply.integer(90);
                }
                reply.bulk("Some real reply following the attribute");
            }
            case "push" -> {
                if (!reply.isResp3()) {
                    throw new CommandException("ERR RESP2 is not supported by this command");
                }
                reply.bulk("Some real reply following the push reply");
                reply.push(2);
                reply.bulk("server-cpu-usage");
                reply.integer(42);
            }
            case "true" -> reply.bool(true);
            case "false" -> reply.bool(false);
            case "verbatim" -> reply.verbatim("txt", "This is a verbatim\nstring");
            case "bignum" -> reply.bigNumber("1234567999999999999999999999999999999");
            default ->
                throw new CommandException("ERR Wrong protocol type name. Please use one of the following:"
                        + " string|integer|double|bignum|null|array|set|map|attrib|push|verbatim|true|false");
        }
    }

    private static void numbers(ReplyWriter reply) {
        for (int i = 0; i < 3; i++) {
            reply.integer(i);
        }
    }
}

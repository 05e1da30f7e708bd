package io.nuthatch.commands;

/// An error reply on its way to the client. Stackless: only the dispatcher catches it.
public final class CommandException extends RuntimeException {
    private static final long serialVersionUID = 1L;
    private static final int MAX_ARGUMENT_CHARS = 128;

    /// `message` begins with its code, as `ERR` or `WRONGTYPE`.
    public CommandException(String message) {
        super(message, null, false, false);
    }

    /// The error as it goes to the client.
    public String text() {
        return String.valueOf(getMessage());
    }

    /// An error whose `%s` arguments are clipped to 128 characters each.
    public static CommandException of(String format, Object... arguments) {
        Object[] clipped = new Object[arguments.length];
        for (int i = 0; i < arguments.length; i++) {
            clipped[i] = arguments[i] instanceof String text && text.length() > MAX_ARGUMENT_CHARS
                    ? text.substring(0, MAX_ARGUMENT_CHARS)
                    : arguments[i];
        }
        return new CommandException(String.format(java.util.Locale.ROOT, format, clipped));
    }

    /// `ERR syntax error`.
    public static CommandException syntax() {
        return new CommandException("ERR syntax error");
    }

    /// `ERR value is not an integer or out of range`.
    public static CommandException notAnInteger() {
        return new CommandException("ERR value is not an integer or out of range");
    }

    /// `ERR value is not a valid float`.
    public static CommandException notAFloat() {
        return new CommandException("ERR value is not a valid float");
    }

    /// `WRONGTYPE …`.
    public static CommandException wrongType() {
        return new CommandException("WRONGTYPE Operation against a key holding the wrong kind of value");
    }

    /// `ERR wrong number of arguments for '…' command`; `name` in lower case, `config|get` for a subcommand.
    public static CommandException wrongArity(String name) {
        return of("ERR wrong number of arguments for '%s' command", name);
    }
}

package io.nuthatch.commands.admin;

import static org.assertj.core.api.Assertions.assertThat;

import io.nuthatch.commands.admin.Syntax.Argument;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SyntaxTest {
    /// What `COMMAND DOCS` of Redis 8.2.3 says of these lines: `name:type`, the token before it, `?` for
    /// optional, `+` for repeated, `++` for repeated with its token, what it is made of in brackets.
    @ParameterizedTest
    @CsvSource(delimiter = '#', textBlock = """
        key                                   # key:key
        key value                             # key:key value:string
        key [key ...]                         # key:key+
        key value [key value ...]             # data:block+(key:key value:string)
        [NX | XX]                             # nx:oneof?(NX=nx:pure-token XX=xx:pure-token)
        [EX seconds]                          # EX=seconds:integer?
        [GET pattern [GET pattern ...]]       # GET=pattern:pattern?++
        <ON | OFF>                            # on:oneof(ON=on:pure-token OFF=off:pure-token)
        [<EX seconds | PX milliseconds>]      # seconds:oneof?(EX=seconds:integer PX=milliseconds:integer)
        [EX seconds | KEEPTTL]                # seconds:oneof?(EX=seconds:integer KEEPTTL=keepttl:pure-token)
        AGGREGATE <SUM | MIN>                 # AGGREGATE=sum:oneof(SUM=sum:pure-token MIN=min:pure-token)
        FIELDS numfields field [field ...]    # FIELDS=numfields:integer field:string+
        [LIMIT offset count]                  # offset:block?(LIMIT=offset:integer count:integer)
        cursor [MATCH pattern] [COUNT count]  # cursor:integer MATCH=pattern:pattern? COUNT=count:integer?
        [WITHVALUES]                          # WITHVALUES=withvalues:pure-token?
        EXAT unix-time-seconds                # EXAT=unix-time-seconds:unix-time
        """)
    void aSyntaxLineIsReadAsItsArguments(String line, String expected) {
        assertThat(shown(Syntax.parse(line))).isEqualTo(expected);
    }

    @Test
    void anEmptyLineHasNoArguments() {
        assertThat(Syntax.parse("")).isEmpty();
    }

    private static String shown(List<Argument> arguments) {
        return arguments.stream().map(SyntaxTest::shown).collect(Collectors.joining(" "));
    }

    private static String shown(Argument argument) {
        return (argument.token() == null ? "" : argument.token() + "=")
                + argument.name()
                + ":"
                + argument.type()
                + (argument.isOptional() ? "?" : "")
                + (argument.isMultiple() ? argument.isMultipleToken() ? "++" : "+" : "")
                + (argument.arguments().isEmpty() ? "" : "(" + shown(argument.arguments()) + ")");
    }
}

package io.nuthatch.tools;

import static com.tngtech.archunit.core.domain.JavaAccess.Predicates.target;
import static com.tngtech.archunit.core.domain.properties.HasName.Predicates.name;
import static com.tngtech.archunit.core.domain.properties.HasOwner.Predicates.With.owner;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.jspecify.annotations.NullMarked;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/// The arrows out of this module, and its one clock.
class ArchitectureTest {
    private static JavaClasses classes;

    @BeforeAll
    static void readClasses() {
        classes = new ClassFileImporter()
                .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
                .importPackages("io.nuthatch.tools");
        assertThat(classes).as("classes found at all").hasSizeGreaterThan(5);
    }

    @Test
    void toolsReachAServerOverSocketsAndItsFilesThroughPersistence() {
        classes()
                .that()
                .resideInAPackage("io.nuthatch.tools..")
                .should()
                .onlyDependOnClassesThat()
                .resideInAnyPackage(
                        "io.nuthatch.tools..",
                        "io.nuthatch.resp..",
                        "io.nuthatch.engine..",
                        "io.nuthatch.persistence..",
                        "picocli..",
                        "tools.jackson.core..",
                        "java..",
                        "org.jspecify..")
                .because("the map in docs/ARCHITECTURE.md draws these arrows and no others")
                .check(classes);
    }

    @Test
    void oneClockReadsTheTime() {
        noClasses()
                .that()
                .doNotHaveSimpleName("ToolClock")
                .should()
                .accessTargetWhere(target(name("nanoTime").or(name("currentTimeMillis")))
                        .and(target(owner(name("java.lang.System"))))
                        .as("System's clocks are read"))
                .because("time is passed in, so that tests move it")
                .check(classes);
    }

    @Test
    void everyPackageIsNullMarked() {
        for (JavaClass type : classes) {
            assertThat(type.getPackage().isAnnotatedWith(NullMarked.class))
                    .as(type.getPackage().getName())
                    .isTrue();
        }
    }
}

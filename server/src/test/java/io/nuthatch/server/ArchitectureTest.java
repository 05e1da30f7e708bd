package io.nuthatch.server;

import static com.tngtech.archunit.core.domain.JavaAccess.Predicates.target;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.properties.HasName.Predicates.name;
import static com.tngtech.archunit.core.domain.properties.HasName.Predicates.nameMatching;
import static com.tngtech.archunit.core.domain.properties.HasOwner.Predicates.With.owner;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.Architectures.layeredArchitecture;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaPackage;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.util.TreeSet;
import org.jspecify.annotations.NullMarked;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/// The arrows between modules, and the doors of which there is one.
class ArchitectureTest {
    private static JavaClasses classes;

    @BeforeAll
    static void readClasses() {
        classes = new ClassFileImporter()
                .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
                .importPackages("io.nuthatch");
    }

    @Test
    void nothingImportsUpward() {
        layeredArchitecture()
                .consideringOnlyDependenciesInLayers()
                .withOptionalLayers(true)
                .layer("resp")
                .definedBy("io.nuthatch.resp..")
                .layer("engine")
                .definedBy("io.nuthatch.engine..")
                .layer("persistence")
                .definedBy("io.nuthatch.persistence..")
                .layer("tiering")
                .definedBy("io.nuthatch.tiering..")
                .layer("cluster")
                .definedBy("io.nuthatch.cluster..")
                .layer("commands")
                .definedBy("io.nuthatch.commands..")
                .layer("server")
                .definedBy("io.nuthatch.server..")
                .whereLayer("server")
                .mayNotBeAccessedByAnyLayer()
                .whereLayer("commands")
                .mayOnlyBeAccessedByLayers("server")
                .whereLayer("cluster")
                .mayOnlyBeAccessedByLayers("commands", "server")
                .whereLayer("tiering")
                .mayOnlyBeAccessedByLayers("server")
                .whereLayer("persistence")
                .mayOnlyBeAccessedByLayers("cluster", "commands", "server")
                .whereLayer("resp")
                .mayOnlyBeAccessedByLayers("cluster", "commands", "server")
                .whereLayer("engine")
                .mayOnlyBeAccessedByLayers("persistence", "tiering", "cluster", "commands", "server")
                .because("the map in docs/ARCHITECTURE.md draws these arrows and no others")
                .check(classes);
    }

    @Test
    void engineKnowsNoSocketsFilesOrFrames() {
        noClasses()
                .that()
                .resideInAPackage("io.nuthatch.engine..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("io.netty..", "java.net..", "java.nio.file..", "org.slf4j..")
                .because("the engine is driven through its API and reaches disks through its ports")
                .check(classes);
    }

    @Test
    void protocolAndCommandsKnowNoServerLibraries() {
        noClasses()
                .that()
                .resideInAnyPackage("io.nuthatch.resp..", "io.nuthatch.commands..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("io.netty.channel..", "io.netty.bootstrap..", "io.micrometer..", "ch.qos.logback..")
                .because("sockets and meters belong to the server")
                .allowEmptyShould(true)
                .check(classes);
    }

    @Test
    void vectorApiHasOneDoor() {
        noClasses()
                .that()
                .haveNameNotMatching("io\\.nuthatch\\.engine\\.vector\\.Panama.*")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("jdk.incubator.vector..")
                .because("the Panama classes alone depend on the incubating module; each has a scalar twin")
                .check(classes);
    }

    @Test
    void rocksHasOneDoor() {
        noClasses()
                .that()
                .resideOutsideOfPackage("io.nuthatch.tiering.rocks..")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("org.rocksdb..")
                .check(classes);
    }

    @Test
    void chronicleQueueHasOneDoor() {
        noClasses()
                .that()
                .resideOutsideOfPackage("io.nuthatch.persistence.chronicle..")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("net.openhft..")
                .because("without aof-engine chronicle no class of it is loaded")
                .check(classes);
    }

    @Test
    void onlyTheServersClocksReadTheTime() {
        noClasses()
                .that(resideInAPackage("io.nuthatch.server..")
                        .and(nameMatching(".*Clocks?(\\$.*)?"))
                        .negate()
                        .as("are not clocks of the server"))
                .should()
                .accessTargetWhere(target(name("nanoTime").or(name("currentTimeMillis")))
                        .and(target(owner(name("java.lang.System"))))
                        .as("System's clocks are read"))
                .because("time is passed in as NanoClock or EpochClock, so that tests move it")
                .check(classes);
    }

    @Test
    void onlyMemoryUsesUnsafe() {
        noClasses()
                .that()
                .doNotHaveFullyQualifiedName("io.nuthatch.engine.memory.Memory")
                .should()
                .dependOnClassesThat()
                .haveFullyQualifiedName("sun.misc.Unsafe")
                .check(classes);
    }

    @Test
    void everyPackageIsNullMarked() {
        TreeSet<String> unmarked = new TreeSet<>();
        for (JavaClass type : classes) {
            JavaPackage home = type.getPackage();
            if (!home.isAnnotatedWith(NullMarked.class)) {
                unmarked.add(home.getName());
            }
        }
        assertThat(unmarked)
                .as("packages without @NullMarked in package-info.java")
                .isEmpty();
        assertThat(classes).as("classes found at all").hasSizeGreaterThan(10);
    }
}

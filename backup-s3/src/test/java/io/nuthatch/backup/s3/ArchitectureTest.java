package io.nuthatch.backup.s3;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.jspecify.annotations.NullMarked;
import org.junit.jupiter.api.Test;

/// The arrows out of this module.
class ArchitectureTest {
    @Test
    void theExtensionKnowsTheBackupPortAndItsLibraryAlone() {
        JavaClasses own = new ClassFileImporter()
                .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
                .importPackages("io.nuthatch.backup.s3");
        assertThat(own).as("classes found at all").hasSizeGreaterThan(5);
        classes()
                .should()
                .onlyDependOnClassesThat()
                .resideInAnyPackage(
                        "io.nuthatch.backup.s3..",
                        "io.nuthatch.persistence.backup..",
                        "software.amazon.awssdk..",
                        "java..",
                        "org.jspecify..")
                .because("the map in docs/ARCHITECTURE.md draws these arrows and no others")
                .check(own);
        assertThat(own)
                .allMatch(type -> type.getPackage().isAnnotatedWith(NullMarked.class), "in a @NullMarked package");
    }
}

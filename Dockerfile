# The server with a Java runtime of its own and nothing else: no shell, no package manager, not root.
# bin/build-image fills server/target/image and calls this; no base image is pulled.
FROM scratch
COPY server/target/image/ /
USER 10001:10001
WORKDIR /data
EXPOSE 6379 9121
HEALTHCHECK --interval=10s --timeout=5s --start-period=5s --retries=3 \
    CMD ["/opt/nuthatch/jre/bin/java", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xmx16m", "-cp", "/opt/nuthatch/lib/*", "io.nuthatch.server.HealthCheck"]
# The programs in /opt/nuthatch/bin are files of arguments for java, nuthatch-check, -import and -restore among them:
#   docker run --rm -v data:/data --entrypoint /opt/nuthatch/jre/bin/java nuthatch @/opt/nuthatch/bin/nuthatch-check --verify /data
ENTRYPOINT ["/opt/nuthatch/jre/bin/java", "@/opt/nuthatch/bin/nuthatch-server"]
# A container's ports are published on purpose, so the guard for accidents is off, as in Redis's image: give a password
# with --requirepass where others can reach the port.
CMD ["--bind", "*", "--protected-mode", "no", "--admin-port", "9121", "--admin-bind", "*"]

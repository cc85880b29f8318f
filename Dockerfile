# The server in a container. Build: docker build -t slinfer .
# Run: docker run --rm -p 127.0.0.1:8080:8080 -v "$PWD/models:/opt/slinfer/models:ro" slinfer

FROM eclipse-temurin:25-jdk AS build
RUN apt-get update \
 && apt-get install -y --no-install-recommends maven g++ \
 && rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY pom.xml ./
COPY scripts scripts
COPY conf conf
COPY src src
RUN scripts/build

FROM eclipse-temurin:25-jre
RUN apt-get update \
 && apt-get install -y --no-install-recommends curl libstdc++6 \
 && rm -rf /var/lib/apt/lists/* \
 && useradd --system --home-dir /opt/slinfer slinfer \
 && install -d -o slinfer /var/lib/slinfer
# What is measured of models; a volume keeps it.
ENV SLINFER_STATE=/var/lib/slinfer
WORKDIR /opt/slinfer
COPY --from=build /src/target/slinfer.jar ./
COPY --from=build /src/target/lib lib
COPY conf conf
COPY models models
USER slinfer
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=3s CMD curl -fsS http://127.0.0.1:8080/health/ready
# Inside a container the server must listen on the container's address; publish the port on 127.0.0.1 or set api-keys.
ENTRYPOINT ["java", "@conf/jvm.flags", "-Dslinfer.home=/opt/slinfer", "-cp", "slinfer.jar:lib/*", "io.slinfer.Main"]
CMD ["serve", "--host", "0.0.0.0"]

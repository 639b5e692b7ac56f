// swift-tools-version: 6.2
import PackageDescription

/// Every Swift target: Swift 6 language mode (the tools version's default) with warnings as errors.
let strict: [SwiftSetting] = [.treatAllWarnings(as: .error)]

let package = Package(
  name: "sluice",
  products: [.executable(name: "sluice", targets: ["sluice"])],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
    .package(url: "https://github.com/jpsim/Yams", from: "6.2.0"),
    .package(url: "https://github.com/apple/swift-log", from: "1.14.0"),
    // 2.101 limits the size of a request's head.
    .package(url: "https://github.com/apple/swift-nio", from: "2.101.0"),
    // Checks by HTTPS; Docs/decisions/health-checks.md.
    .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.0"),
    // Checks by gRPC.
    .package(url: "https://github.com/apple/swift-nio-http2", from: "1.46.0"),
    .package(url: "https://github.com/apple/swift-system", from: "1.6.0"),
    .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.9.0"),
  ],
  targets: [
    // What BPF, C and Swift share, written once: the tables' layout, the hashes, single-word atomics.
    .systemLibrary(name: "ABI"),
    // Thin C over libxdp, libbpf and the calls Swift cannot import.
    .target(name: "CXDP", dependencies: ["ABI"], linkerSettings: [.linkedLibrary("xdp"), .linkedLibrary("bpf")]),
    // Thin C over netlink sockets: routes, neighbours, links, addresses.
    .target(name: "CNetlink"),

    // The packet path: formats, then decisions, then rings. Of the control plane they see only Model's values. Packet's functions are
    // public, the one place where they are: Swift 6.3 inlines `public @inlinable` code into another module, but not `package @inlinable`.
    .target(name: "Packet", dependencies: ["ABI"], swiftSettings: strict),
    .target(name: "Forwarding", dependencies: ["ABI", "Packet"], swiftSettings: strict),
    .target(name: "AFXDP", dependencies: ["Forwarding", "Model", "CXDP"], swiftSettings: strict, plugins: ["EmbedBPF"]),

    // The control plane.
    .target(name: "Model", dependencies: ["ABI"], swiftSettings: strict),
    .target(name: "Configuration", dependencies: ["Model", .product(name: "Yams", package: "Yams")], swiftSettings: strict),
    // The operator's language of LVS: ipvsadm's command lines, table and lists. Pure.
    .target(name: "IPVSAdm", dependencies: ["Model"], swiftSettings: strict),
    .target(name: "Netlink", dependencies: ["Model", "Packet", "CNetlink"], swiftSettings: strict),
    .target(name: "Reconciler", dependencies: ["Model", "Forwarding"], swiftSettings: strict),
    // Thin C over vfork and execve, for check scripts.
    .target(name: "CSpawn"),
    .target(
      name: "HealthCheck",
      dependencies: [
        "Model", "CSpawn", .product(name: "NIOCore", package: "swift-nio"), .product(name: "NIOHTTP1", package: "swift-nio"),
        .product(name: "NIOPosix", package: "swift-nio"), .product(name: "NIOSSL", package: "swift-nio-ssl"),
        .product(name: "NIOHPACK", package: "swift-nio-http2"), .product(name: "NIOHTTP2", package: "swift-nio-http2"),
      ],
      swiftSettings: strict
    ),
    .target(name: "Offline", dependencies: ["Configuration", "Reconciler", "Forwarding"], swiftSettings: strict),
    .target(
      name: "API",
      dependencies: [
        "Reconciler", "Offline", "IPVSAdm", .product(name: "Logging", package: "swift-log"),
        .product(name: "NIOCore", package: "swift-nio"), .product(name: "NIOHTTP1", package: "swift-nio"),
        .product(name: "NIOPosix", package: "swift-nio"), .product(name: "SystemPackage", package: "swift-system"),
      ],
      swiftSettings: strict
    ),
    .executableTarget(
      name: "sluice",
      dependencies: [
        "API", "IPVSAdm", "Offline", "Reconciler", "Configuration", "HealthCheck", "Netlink", "AFXDP", "CXDP",
        .product(name: "ArgumentParser", package: "swift-argument-parser"), .product(name: "Logging", package: "swift-log"),
        .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
        .product(name: "UnixSignals", package: "swift-service-lifecycle"),
        .product(name: "NIOPosix", package: "swift-nio"), .product(name: "SystemPackage", package: "swift-system"),
      ],
      swiftSettings: strict
    ),

    // BPF objects become Swift source at build time: no file to find at run time.
    .executableTarget(name: "bpf-embed", path: "Tools/bpf-embed", swiftSettings: strict),
    .plugin(name: "EmbedBPF", capability: .buildTool(), dependencies: ["bpf-embed"], path: "Tools/EmbedBPF"),

    // The forwarder's work written again in C, as the benchmark's yardstick.
    .target(name: "CTwin", dependencies: ["ABI"], path: "Benchmarks/CTwin"),
    // A reflector over AF_XDP in C, the yardstick of the worker's loop.
    .target(name: "CReflector", path: "Benchmarks/CReflector", linkerSettings: [.linkedLibrary("xdp"), .linkedLibrary("bpf")]),
    .executableTarget(
      name: "sluice-bench",
      dependencies: [
        "CTwin", "CReflector", "API", "Forwarding", "HealthCheck", "Reconciler", "Netlink", "KernelCalls",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      path: "Benchmarks/sluice-bench",
      swiftSettings: strict
    ),

    // Counts allocations, retains and locks; linked ahead of libc and the Swift runtime in the test bundle.
    .target(name: "RuntimeCalls", path: "Tests/RuntimeCalls"),
    .testTarget(name: "ForwardingTests", dependencies: ["Forwarding", "RuntimeCalls"], swiftSettings: strict),
    // BPF_PROG_TEST_RUN and network namespaces for the data plane's tests.
    .target(name: "KernelCalls", path: "Tests/KernelCalls", linkerSettings: [.linkedLibrary("bpf")]),
    .testTarget(name: "AFXDPTests", dependencies: ["AFXDP", "Reconciler", "KernelCalls"], swiftSettings: strict),
    // The fixture table: packets, and what scapy says they become (Docs/fixtures.md).
    .target(name: "Fixtures", path: "Tests/Fixtures/Support", swiftSettings: strict),
    .testTarget(name: "ModelTests", dependencies: ["Model"], swiftSettings: strict),
    .testTarget(
      name: "ConfigurationTests",
      dependencies: ["Configuration", "Fixtures", .product(name: "Yams", package: "Yams")],
      // Read where they lie, by these tests and those of the laboratory.
      exclude: ["Keepalived/Examples"],
      swiftSettings: strict
    ),
    .testTarget(
      name: "HealthCheckTests",
      dependencies: [
        "HealthCheck", .product(name: "NIOCore", package: "swift-nio"), .product(name: "NIOPosix", package: "swift-nio"),
        .product(name: "NIOSSL", package: "swift-nio-ssl"),
        .product(name: "NIOHPACK", package: "swift-nio-http2"), .product(name: "NIOHTTP2", package: "swift-nio-http2"),
      ],
      swiftSettings: strict
    ),
    // Its fixtures are recordings of ipvsadm itself.
    .testTarget(name: "IPVSAdmTests", dependencies: ["IPVSAdm"], swiftSettings: strict),
    .testTarget(name: "NetlinkTests", dependencies: ["Netlink"], swiftSettings: strict),
    // A director over plain memory: no root, no kernel, no mocks.
    .target(name: "PlainDirector", dependencies: ["Reconciler"], path: "Tests/PlainDirector", swiftSettings: strict),
    .testTarget(name: "ReconcilerTests", dependencies: ["Reconciler", "PlainDirector"], swiftSettings: strict),
    .testTarget(name: "OfflineTests", dependencies: ["Offline", "PlainDirector", "Fixtures"], swiftSettings: strict),
    .testTarget(
      name: "APITests",
      dependencies: [
        "API", "Configuration", "PlainDirector", .product(name: "InMemoryLogging", package: "swift-log"),
        .product(name: "Yams", package: "Yams"),
      ],
      swiftSettings: strict
    ),
    .testTarget(
      name: "SluiceTests",
      dependencies: [
        "sluice", "API", "PlainDirector", "Fixtures", .product(name: "Logging", package: "swift-log"),
        .product(name: "InMemoryLogging", package: "swift-log"),
        .product(name: "UnixSignals", package: "swift-service-lifecycle"),
      ],
      swiftSettings: strict
    ),
    .testTarget(
      name: "Lab",
      dependencies: ["AFXDP", "API", "Offline", "Netlink", "Fixtures"],
      path: "Tests/Lab",
      swiftSettings: strict
    ),
  ]
)

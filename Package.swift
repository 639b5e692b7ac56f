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
    .package(url: "https://github.com/swhitty/FlyingFox", .upToNextMinor(from: "0.27.0")),
  ],
  targets: [
    // The memory that BPF and Swift share, laid out once in BPF/tables.h.
    .systemLibrary(name: "CTables"),
    // Thin C over libxdp, libbpf and the calls Swift can't import.
    .target(name: "CXDP", dependencies: ["CTables"], linkerSettings: [.linkedLibrary("xdp"), .linkedLibrary("bpf")]),
    // Thin C over libnl-route: routes, neighbours, links, addresses.
    .target(
      name: "CNetlink",
      cSettings: [.unsafeFlags(["-I/usr/include/libnl3"])],
      linkerSettings: [.linkedLibrary("nl-3"), .linkedLibrary("nl-route-3")]
    ),

    .target(name: "Forwarding", dependencies: ["CTables"], swiftSettings: strict),
    .target(name: "Dataplane", dependencies: ["Forwarding", "CXDP"], swiftSettings: strict, plugins: ["EmbedBPF"]),
    .target(
      name: "Control",
      dependencies: [
        "Forwarding", "CNetlink", .product(name: "Yams", package: "Yams"),
        .product(name: "FlyingFox", package: "FlyingFox"), .product(name: "FlyingSocks", package: "FlyingFox"),
      ],
      swiftSettings: strict
    ),
    .executableTarget(
      name: "sluice",
      dependencies: ["Control", "Dataplane", .product(name: "ArgumentParser", package: "swift-argument-parser")],
      swiftSettings: strict
    ),

    // BPF objects become Swift source at build time: no file to find at run time.
    .executableTarget(name: "bpf-embed", path: "Tools/bpf-embed", swiftSettings: strict),
    .plugin(name: "EmbedBPF", capability: .buildTool(), dependencies: ["bpf-embed"], path: "Tools/EmbedBPF"),

    // Forwarding once more in C, for the benchmark to compare with.
    .target(name: "CTwin", dependencies: ["CTables"], path: "Benchmarks/CTwin"),
    .executableTarget(
      name: "sluice-bench",
      dependencies: ["CTwin", "Forwarding", "Control", .product(name: "ArgumentParser", package: "swift-argument-parser")],
      path: "Benchmarks/sluice-bench",
      swiftSettings: strict
    ),

    // Counts what the runtime is asked for; stands before libc and the Swift runtime in the test bundle.
    .target(name: "RuntimeCalls", path: "Tests/RuntimeCalls"),
    .testTarget(name: "ForwardingTests", dependencies: ["Forwarding", "RuntimeCalls"], swiftSettings: strict),
    // BPF_PROG_TEST_RUN and namespaces for the data plane's tests.
    .target(name: "KernelCalls", path: "Tests/KernelCalls", linkerSettings: [.linkedLibrary("bpf")]),
    .testTarget(name: "DataplaneTests", dependencies: ["Dataplane", "Control", "KernelCalls"], swiftSettings: strict),
    // The fixture table: packets, and what scapy says they become (Docs/fixtures.md).
    .target(name: "Fixtures", path: "Tests/Fixtures/Support", swiftSettings: strict),
    .testTarget(
      name: "ControlTests",
      dependencies: ["Control", "Fixtures", .product(name: "Yams", package: "Yams")],
      swiftSettings: strict
    ),
    .testTarget(name: "SluiceTests", dependencies: ["sluice", "Control", "Fixtures"], swiftSettings: strict),
    .testTarget(name: "Lab", dependencies: ["Dataplane", "Control", "Fixtures"], path: "Tests/Lab", swiftSettings: strict),
  ]
)

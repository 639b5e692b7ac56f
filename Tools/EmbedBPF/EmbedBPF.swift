import Foundation
import PackagePlugin

/// Compiles each BPF program into a Swift source file, so that `swift build` makes a binary that needs no file at run time.
///
/// A declared `.o` output was rejected: SwiftPM makes it a resource, which needs Foundation and an absolute path.
@main
struct EmbedBPF: BuildToolPlugin {
  /// A fixed list: a stray object file must never be loaded into a kernel.
  private let programs = ["steer/steer", "steer/tagged", "decap/decap"]
  /// All headers of the programs: SwiftPM rebuilds them when one changes.
  private let headers = [
    "Sources/ABI/tables.h", "BPF/common/packet.h", "BPF/common/lookup.h", "BPF/steer/chain.h", "BPF/steer/icmp.h",
    "BPF/steer/fragments.h", "BPF/steer/tag.h", "BPF/steer/steer.bpf.c", "BPF/decap/formats.h", "BPF/decap/maps.h",
  ]

  func createBuildCommands(context: PluginContext, target: any Target) throws -> [Command] {
    let root = context.package.directoryURL
    let clang = try context.tool(named: "clang").url
    let embed = try context.tool(named: "bpf-embed").url
    return programs.map { path in
      let source = root.appending(path: "BPF/\(path).bpf.c")
      let program = path.split(separator: "/")[1]
      let output = context.pluginWorkDirectoryURL.appending(path: "\(program)Object.swift")
      let object = context.pluginWorkDirectoryURL.appending(path: "\(program).bpf.o")
      return .buildCommand(
        displayName: "Compiling \(program).bpf.c",
        executable: embed,
        arguments: [clang.path(), root.path(), source.path(), object.path(), output.path(), "\(program)Object"],
        inputFiles: [source] + headers.map { root.appending(path: $0) },
        outputFiles: [output]
      )
    }
  }
}

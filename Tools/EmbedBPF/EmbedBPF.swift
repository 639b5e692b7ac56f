import PackagePlugin

/// Compiles each BPF program and hands it to Swift as source, so that `swift build` alone makes a binary that needs no file at run time.
///
/// A declared `.o` output was rejected: SwiftPM makes it a resource, which pulls in Foundation and an absolute path.
@main
struct EmbedBPF: BuildToolPlugin {
  /// Listed, not searched for: an object that appears by accident is loaded into the kernel by nobody.
  private let programs = ["sluice", "decap"]
  private let headers = [
    "tables.h", "packet.h", "lookup.h", "chain.h", "icmp.h", "fragments.h", "decap_formats.h", "decap_maps.h",
  ]

  func createBuildCommands(context: PluginContext, target: any Target) throws -> [Command] {
    let sources = context.package.directoryURL.appending(path: "BPF")
    let clang = try context.tool(named: "clang").url
    let embed = try context.tool(named: "bpf-embed").url
    return programs.map { program in
      let source = sources.appending(path: "\(program).bpf.c")
      let output = context.pluginWorkDirectoryURL.appending(path: "\(program)Object.swift")
      let object = context.pluginWorkDirectoryURL.appending(path: "\(program).bpf.o")
      return .buildCommand(
        displayName: "Compiling \(program).bpf.c",
        executable: embed,
        arguments: [clang.path(), source.path(), object.path(), output.path(), "\(program)Object"],
        inputFiles: [source] + headers.map { sources.appending(path: $0) },
        outputFiles: [output]
      )
    }
  }
}

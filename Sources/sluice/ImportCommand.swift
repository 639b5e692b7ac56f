import ArgumentParser
import Configuration
import Foundation
import Glibc

struct ImportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "import",
    abstract: "Turn another balancer's configuration into one of Sluice's.",
    subcommands: [ImportKeepalived.self, ImportIPVSAdm.self]
  )
}

struct ImportKeepalived: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "keepalived",
    abstract: "Turn a keepalived configuration into a configuration file.",
    discussion: """
      The file goes to standard output, for 'sluice run --config' and 'sluice apply'. What could not be carried goes to standard error, a \
      line for each thing with its place, and what to do instead. VRRP stays with keepalived. Docs/moving-from-keepalived.md has the details.
      """
  )

  @Argument(help: "keepalived's main file, such as /etc/keepalived/keepalived.conf.", completion: .file(extensions: ["conf"]))
  var file: String

  @Option(
    help: ArgumentHelp(
      "What lines such as '@main' are compared with, as with keepalived's --config-id.",
      discussion: "Without it the first part of the host's name."
    )
  )
  var configID: String?

  @OptionGroup var interfaces: ImportedInterfaces

  func run() throws {
    let imported = try KeepalivedImport(file: file, host: .current(configID: configID), interfaces: interfaces.interface)
    var lines = imported.notes.map { "\($0)\n" }
    if imported.droppedNotes > 0 { lines.append("and \(imported.droppedNotes) more\n") }
    FileHandle.standardError.write(Data(lines.joined().utf8))
    print(imported.configuration.yaml, terminator: "")
  }
}

/// The interfaces of the director that a configuration is made for.
struct ImportedInterfaces: ParsableArguments {
  @Option(help: "An interface for 'director.interfaces'; repeatable. keepalived: without it those of the VRRP instances.")
  var interface: [String] = []

  func validate() throws {
    if let bad = interface.first(where: { !DirectorSettings.isInterfaceName($0) }) {
      throw ValidationError("'\(bad)' is no name of an interface")
    }
    if Set(interface).count != interface.count { throw ValidationError("an interface is given twice: keep one") }
    if interface.count > DirectorSettings.mostInterfaces {
      throw ValidationError("give at most \(DirectorSettings.mostInterfaces) interfaces")
    }
  }
}

extension ImportHost {
  /// This host.
  static func current(configID: String?) -> ImportHost {
    ImportHost(
      read: { try Configuration.bytes(of: $0) },
      paths: paths,
      configID: configID ?? hostName,
      environment: ProcessInfo.processInfo.environment
    )
  }

  /// Its first part. Not Foundation's: that may ask a name server.
  private static var hostName: String {
    var name = [CChar](repeating: 0, count: 256)
    guard gethostname(&name, name.count - 1) == 0 else { return "" }
    return String(decoding: name.prefix { $0 != 0 && $0 != 0x2e }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  /// With the wildcards and braces of a shell, as keepalived's `include` takes them.
  private static func paths(_ pattern: String) -> [String] {
    var found = glob_t()
    defer { globfree(&found) }
    guard glob(pattern, GLOB_BRACE, nil, &found) == 0 else { return [] }
    return (0..<Int(found.gl_pathc)).compactMap { found.gl_pathv[$0].map { String(cString: $0) } }
  }
}

import ArgumentParser
import Configuration
import Foundation
import IPVSAdm

struct ImportIPVSAdm: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "ipvsadm",
    abstract: "Turn a table that ipvsadm has saved into a configuration file.",
    discussion: """
      Reads what 'ipvsadm -S -n' or 'ipvsadm-save -n' prints. The file goes to standard output, for 'sluice run --config' and 'sluice apply'; \
      what is only kept in it and not forwarded goes to standard error, a line each. Saved tables have no thresholds and no timeouts. \
      A running daemon also takes a saved table by 'sluice ipvsadm -R'.
      """
  )

  @Argument(help: "The saved table; - is standard input.", completion: .file())
  var file: String

  @OptionGroup var interfaces: ImportedInterfaces

  func run() throws {
    let bytes = try Configuration.bytes(of: file == "-" ? "/dev/stdin" : file)
    let imported: ImportedTable
    do throws(Failure) {
      imported = try ImportedTable(String(decoding: bytes, as: UTF8.self), names: SystemNames().names)
    } catch {
      throw RefusedLine(description: "\(file): \(error.place.map { "\($0): " } ?? "")\(error.message)")
    }
    FileHandle.standardError.write(Data(imported.notes.map { "\(file): \($0)\n" }.joined().utf8))
    let director = DirectorSettings(interfaces: interfaces.interface)
    print(Configuration(director: director, table: imported.table).yaml, terminator: "")
  }
}

/// A line of a saved table that is not taken; nothing is.
private struct RefusedLine: Error, CustomStringConvertible { let description: String }

import Model

/// A keepalived configuration as one of Sluice's, and what could not be carried.
package struct KeepalivedImport: Sendable {
  package let configuration: Configuration
  /// In the order of the files, whole-file notes last.
  package let notes: [ImportNote]
  /// Notes beyond the limit, not kept.
  package let droppedNotes: Int

  /// - Parameter file: the main file, as keepalived gets it with `-f`.
  /// - Parameter interfaces: for `director.interfaces`; if empty, those of the VRRP instances.
  package init(file: String, host: ImportHost, interfaces: [String] = []) throws {
    let lines = try LineReader(file: file, host: host, notes: Notes())
    var blocks = BlockReader(lines)
    let statements = try blocks.read()
    var mapping = Mapping(notes: blocks.lines.notes)
    try mapping.map(statements)
    mapping.notes.sort()
    let vrrp = mapping.vrrp
    var director = DirectorSettings(interfaces: interfaces.isEmpty ? vrrp.interfaces : interfaces)
    // VRRP moves the VIPs.
    if vrrp.isUsed { director.addresses = .external }
    if director.interfaces.isEmpty {
      mapping.notes.add(
        Place(file: file, line: 1),
        "no interface is known, which 'sluice run' needs",
        "add 'director: { interfaces: [eth0] }' to the result, or give --interface"
      )
    }
    let table: ServiceTable
    do {
      table = try ServiceTable(services: mapping.services)
    } catch {
      throw (mapping.places[error.service] ?? Place(file: file, line: 1)).error(error.what, hint: error.hint)
    }
    configuration = Configuration(director: director, timeouts: mapping.timeouts, table: table)
    notes = mapping.notes.all
    droppedNotes = mapping.notes.dropped
  }
}

import API
import ArgumentParser
import Configuration
import Model
import Netlink
import Offline
import Reconciler

struct ServerCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "server",
    abstract: "Add, change, drain, remove, show and list the real servers of a service.",
    subcommands: [Add.self, Set.self, Drain.self, Maintenance.self, Ready.self, Remove.self, Show.self, List.self]
  )

  /// Settings of a real server.
  struct Settings: ParsableArguments {
    @Option(help: "Share of new flows, relative to the weights of the service's other servers; 0 drains.")
    var weight: Int?

    @Option(
      help: "How packets reach the server: by direct routing (new MAC addresses), or in a tunnel; 'masquerade' is only kept."
    )
    var forward: ForwardingMethod?

    @OptionGroup var tunnel: TunnelArguments

    @Option(help: "Connections from which it gets no new flows; 0: no limit.")
    var upperThreshold: Int?

    @Option(help: "Connections below which it gets new flows again; 0: three quarters of the upper threshold.")
    var lowerThreshold: Int?

    @OptionGroup var check: CheckArguments
  }

  struct Add: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Add a real server to a service.")

    @OptionGroup var server: ServerArguments
    @OptionGroup var settings: Settings
    @OptionGroup var edit: EditOptions

    func run() async throws {
      let added = RealServer(
        server.address.address,
        port: server.address.port,
        weight: settings.weight ?? 1,
        method: settings.forward ?? .direct,
        tunnel: settings.tunnel.options,
        check: settings.check.given,
        upperThreshold: settings.upperThreshold ?? 0,
        lowerThreshold: settings.lowerThreshold ?? 0
      )
      try await edit.carryOut { try await $0.add(added, to: try server.service.key) }
    }
  }

  struct Set: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Change a real server; settings not given stay.")

    @OptionGroup var server: ServerArguments
    @OptionGroup var settings: Settings

    @Flag(help: "Remove the server's own check: the service's is used.")
    var noCheck = false

    @OptionGroup var edit: EditOptions

    func run() async throws {
      let wanted = ServerSettings(
        weight: settings.weight,
        forward: settings.forward,
        tunnel: settings.tunnel.options,
        check: try settings.check.replacing(none: noCheck),
        upperThreshold: settings.upperThreshold,
        lowerThreshold: settings.lowerThreshold
      )
      try await edit.carryOut { try await $0.set(server.address, of: try server.service.key, to: wanted) }
    }
  }

  struct Drain: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Drain a real server: no new flows, existing flows finish.",
      discussion: DrainOptions.discussion
    )

    @OptionGroup var server: ServerArguments
    @OptionGroup var drain: DrainOptions
    @OptionGroup var edit: EditOptions

    func run() async throws {
      try await drain.carryOut(ServerSettings(weight: 0), server, edit)
    }
  }

  struct Maintenance: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Take a real server out for maintenance: no new flows, existing flows finish, whatever its check finds.",
      discussion: DrainOptions.discussion
    )

    @OptionGroup var server: ServerArguments
    @OptionGroup var drain: DrainOptions
    @OptionGroup var edit: EditOptions

    func run() async throws {
      try await drain.carryOut(ServerSettings(maintenance: true), server, edit)
    }
  }

  struct Ready: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "End a real server's maintenance; its weight is as before.")

    @OptionGroup var server: ServerArguments
    @OptionGroup var edit: EditOptions

    func run() async throws {
      try await edit.carryOut {
        try await $0.set(server.address, of: try server.service.key, to: ServerSettings(maintenance: false))
      }
    }
  }

  struct Remove: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Remove a real server; on-server-loss decides on its flows.")

    @OptionGroup var server: ServerArguments
    @OptionGroup var edit: EditOptions

    func run() async throws { try await edit.carryOut { try await $0.remove(server.address, of: try server.service.key) } }
  }

  struct Show: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Show everything about one real server: weight, health, drain, next hop, connections, counters."
    )

    @OptionGroup var server: ServerArguments
    @OptionGroup var daemon: DaemonOptions
    @OptionGroup var listing: ListingOptions

    func run() async throws {
      let details = try await daemon.client.details(of: server.address, of: server.service.key)
      try listing.show(details) { details.text }
    }
  }

  struct List: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "List the real servers of a service.")

    @OptionGroup var service: ServiceArguments
    @OptionGroup var daemon: DaemonOptions
    @OptionGroup var listing: ListingOptions

    func run() async throws {
      let servers = try await daemon.client.services(try service.key).services.flatMap(\.servers)
      try listing.show(servers) { servers.text }
    }
  }
}

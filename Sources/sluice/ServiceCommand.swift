import API
import ArgumentParser
import Configuration
import Model
import Netlink
import Offline
import Reconciler

struct ServiceCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "service",
    abstract: "Add, change, remove and list virtual services.",
    subcommands: [Add.self, Set.self, Remove.self, List.self]
  )

  /// What a service has besides its name.
  struct Settings: ParsableArguments {
    @Option(help: "Slots of the Maglev ring, a prime such as 65537 or 655373.")
    var ring: Int?

    @Option(help: "What becomes of the flows of a removed server.")
    var onServerLoss: ServerLossPolicy?

    @Option(help: "What a client is told while no server is live; reset is TCP's, UDP has only unreachable.")
    var noServer: NoServerAnswer?

    @Option(help: "Where new flows go while no server is live.", transform: ServerArguments.address)
    var sorry: IPAddress?

    @Option(help: "How packets get to the sorry server; direct unless given.")
    var sorryForward: ForwardingMethod?

    func validate() throws {
      if sorry == nil && sorryForward != nil { throw ValidationError("--sorry-forward says nothing without --sorry: give both") }
    }

    var sorryServer: SorryServer? { sorry.map { SorryServer($0, method: sorryForward ?? .direct) } }
  }

  struct Add: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Add a virtual service.")

    @OptionGroup var service: ServiceArguments
    @OptionGroup var settings: Settings
    @OptionGroup var edit: EditOptions

    func run() async throws {
      let added = VirtualService(
        service.key,
        ringSize: settings.ring ?? VirtualService.defaultRingSize,
        onServerLoss: settings.onServerLoss ?? .rehash,
        noServer: settings.noServer ?? .unreachable,
        sorry: settings.sorryServer
      )
      try await edit.carryOut { try await $0.add(added) }
    }
  }

  struct Set: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Change a virtual service; what isn't given stays.")

    @OptionGroup var service: ServiceArguments
    @OptionGroup var settings: Settings

    @Flag(help: "Have no sorry server any more.")
    var noSorry = false

    @OptionGroup var edit: EditOptions

    func validate() throws {
      if noSorry && settings.sorry != nil { throw ValidationError("--sorry and --no-sorry are both given: keep one") }
    }

    func run() async throws {
      let wanted = ServiceSettings(
        ring: settings.ring,
        onServerLoss: settings.onServerLoss,
        noServer: settings.noServer,
        sorry: noSorry ? .some(nil) : settings.sorryServer.map { .some($0) }
      )
      try await edit.carryOut { try await $0.set(service.key, to: wanted) }
    }
  }

  struct Remove: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Remove a virtual service and its flows.")

    @OptionGroup var service: ServiceArguments
    @OptionGroup var edit: EditOptions

    func run() async throws { try await edit.carryOut { try await $0.remove(service.key) } }
  }

  struct List: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "List the virtual services.")

    @OptionGroup var daemon: DaemonOptions
    @OptionGroup var listing: ListingOptions

    func run() async throws {
      let client = daemon.client
      guard listing.json else { return print(try await client.servicesText(), terminator: "") }
      try listing.showJSON(try await client.services())
    }
  }
}

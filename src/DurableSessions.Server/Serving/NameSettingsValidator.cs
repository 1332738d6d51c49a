using Microsoft.Extensions.Options;

namespace DurableSessions.Server.Serving;

/// <summary>Checks the name of a server when it starts.</summary>
[OptionsValidator]
internal sealed partial class NameSettingsValidator : IValidateOptions<NameSettings>;

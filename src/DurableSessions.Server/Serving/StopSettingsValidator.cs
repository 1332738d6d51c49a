using Microsoft.Extensions.Options;

namespace DurableSessions.Server.Serving;

/// <summary>Checks the bounds of <see cref="StopSettings"/> when a server starts.</summary>
[OptionsValidator]
internal sealed partial class StopSettingsValidator : IValidateOptions<StopSettings>;

using Microsoft.Extensions.Options;

namespace DurableSessions.Server.Auditing;

/// <summary>Checks the bounds of <see cref="CheckSettings"/> before storage is opened.</summary>
[OptionsValidator]
internal sealed partial class CheckSettingsValidator : IValidateOptions<CheckSettings>;

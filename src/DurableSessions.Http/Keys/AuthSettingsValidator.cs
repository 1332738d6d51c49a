using Microsoft.Extensions.Options;

namespace DurableSessions.Http.Keys;

/// <summary>Checks <see cref="AuthSettings"/> when a host starts.</summary>
[OptionsValidator]
internal sealed partial class AuthSettingsValidator : IValidateOptions<AuthSettings>;

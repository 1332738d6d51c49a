using Microsoft.Extensions.Options;

namespace DurableSessions.Http.Limits;

/// <summary>Checks <see cref="ProxySettings"/> when a host starts.</summary>
[OptionsValidator]
internal sealed partial class ProxySettingsValidator : IValidateOptions<ProxySettings>;

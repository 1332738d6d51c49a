using System.Globalization;
using DurableSessions.Core.Configuration;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace DurableSessions.Hosting;

/// <summary>
/// The time after which the Functions host ends an invocation, <c>functionTimeout</c>: of the app's settings, or of the <c>host.json</c>
/// beside the app. An activity that is ended by it is begun again, and would be for ever if its digest always took longer.
/// </summary>
public static class FunctionTimeout
{
    private const string Setting = "functionTimeout";

    // Of the requests to storage around a digest.
    private static readonly TimeSpan s_storage = TimeSpan.FromMinutes(5);

    // That of Flex Consumption.
    private static readonly TimeSpan s_unset = TimeSpan.FromMinutes(30);

    /// <summary>Has a start refuse a timeout of digests that an activity could be ended before.</summary>
    public static void AddFunctionTimeout(this IServiceCollection services) =>
        services.AddSingleton<IValidateOptions<SemanticSettings>, Rules>();

    /// <summary><see langword="null"/>: no invocation is ended.</summary>
    private static TimeSpan? Find(IConfiguration configuration)
    {
        string? text = configuration[$"AzureFunctionsJobHost:{Setting}"] ?? new ConfigurationBuilder()
            .AddJsonFile(Path.Combine(AppContext.BaseDirectory, "host.json"), optional: true)
            .Build()[Setting];
        TimeSpan timeout = TimeSpan.TryParse(text, CultureInfo.InvariantCulture, out TimeSpan value) ? value : s_unset;
        return timeout > TimeSpan.Zero ? timeout : null;
    }

    private sealed class Rules(IConfiguration configuration) : IValidateOptions<SemanticSettings>
    {
        // A digest that a model has refused is followed by a question that has as long: whether the model answers at all.
        private const int DigestsOfActivity = 2;

        public ValidateOptionsResult Validate(string? name, SemanticSettings options)
        {
            if (Find(configuration) is not { } timeout)
            {
                return ValidateOptionsResult.Success;
            }

            int longest = (int)Math.Max(0, (timeout - s_storage).TotalSeconds / DigestsOfActivity);
            return options.TimeoutSeconds <= longest ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(string.Create(
                CultureInfo.InvariantCulture,
                $"{SemanticSettings.Section}:{nameof(SemanticSettings.TimeoutSeconds)} '{options.TimeoutSeconds}' is more than {longest}: "
                + $"an activity may take {DigestsOfActivity} times as long and {s_storage.TotalMinutes} minutes more, and the Functions "
                + $"host ends it after {Setting} ({timeout:c})."));
        }
    }
}

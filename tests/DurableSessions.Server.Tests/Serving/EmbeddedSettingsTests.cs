using DurableSessions.Engine;

namespace DurableSessions.Server.Tests.Serving;

public sealed class EmbeddedSettingsTests
{
    [Theory]
    [InlineData(null, 15)]
    [InlineData("", 15)]
    [InlineData("3", 3)]
    [InlineData("300", 300)]
    public void An_ownership_lasts_as_long_as_is_set(string? value, int seconds) =>
        Assert.Equal(TimeSpan.FromSeconds(seconds), Read(value).Ownership);

    [Theory]
    [InlineData("2")]
    [InlineData("301")]
    [InlineData("-5")]
    [InlineData("soon")]
    public void One_that_is_invalid_is_named(string value) => Assert.Equal(
        $"Embedded:OwnershipSeconds '{value}' is not a whole number from 3 to 300.",
        SettingsHost.Error(("Embedded:OwnershipSeconds", value)));

    private static EngineOptions Read(string? value) => SettingsHost.Read<EngineOptions>(("Embedded:OwnershipSeconds", value));
}

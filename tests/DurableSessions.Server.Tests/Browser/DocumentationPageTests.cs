namespace DurableSessions.Server.Tests.Browser;

/// <summary>The page of the API's documentation in a browser.</summary>
[Collection<BrowserCollection>]
public sealed class DocumentationPageTests(Chromium browser, Victims victims)
{
    [Fact]
    public async Task Shows_the_operations_and_does_all_that_it_does_within_its_policy()
    {
        await using Tab tab = await browser.OpenTabAsync();
        await tab.OpenAsync($"{(await victims.GetAsync(withKey: true)).Address}/docs/");

        await tab.EvaluateAsync("""
            new Promise(shown => {
                const look = () => document.body.innerText.includes('/api/v1/sessions') && shown();
                new MutationObserver(look).observe(document.body, { childList: true, subtree: true, characterData: true });
                look();
            })
            """);

        Assert.Empty(tab.Errors);

        // One of the page's libraries asks whether it may evaluate a text as a script, and goes without.
        Assert.Equal("""["script-src eval"]""", (await tab.EvaluateAsync("window.violations"))!.ToJsonString());
    }

    [Fact]
    public async Task Is_shown_in_no_frame_of_another_page()
    {
        await using Tab tab = await browser.OpenTabAsync();
        string docs = $"{(await victims.GetAsync(withKey: true)).Address}/docs/";

        await tab.OpenAsync("http://other.example/page", $"<iframe src='{docs}'></iframe>");

        Assert.Equal(200, await tab.StatusAsync($"GET {docs}"));
        Assert.Equal("chrome-error://chromewebdata/", Assert.Single(await tab.FramesAsync()));
        Assert.Contains(tab.Errors, static error => error.Contains("frame-ancestors", StringComparison.Ordinal));
    }
}
